//! Counts of passed, failed and skipped, and the closing lines of test runners they are read from.

use std::ops::AddAssign;

/// How many tests (or checks) passed, failed and were skipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The sum over all closing lines in the output of a test runner: libtest's and
/// wasm-bindgen-test's (`test result: ...`), nextest's (`Summary [...] ...`) and Node's (`# pass ...`).
pub(crate) fn counts(output: &str) -> Counts {
    let mut sum = Counts::default();
    for line in output.lines() {
        if let Some(line) = closing_line(line) {
            sum += in_words(line);
        } else if let Some(part) = closing_line_of_node(line) {
            sum += part;
        }
    }
    // A test in a browser can leave itself out only by passing; it says so.
    let left_out = left_out(output).min(sum.passed);
    sum.passed -= left_out;
    sum.skipped += left_out;
    sum
}

/// How many tests say of themselves that they were left out.
fn left_out(output: &str) -> u64 {
    let lines = output.lines().map(str::trim_start);
    lines.filter(|line| line.starts_with("SKIPPED ")).count() as u64
}

/// The names of the tests that failed, once each, as test runners write them: `test a ... FAILED` (libtest; `FAIL`:
/// wasm-bindgen-test), `FAIL [   0.1s] a` (nextest) and `not ok 1 - a` (Node).
pub(crate) fn failed(output: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in output.lines().filter_map(|line| failure(line.trim())) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn failure(line: &str) -> Option<&str> {
    if let Some(test) = line.strip_prefix("test ") {
        let (name, result) = test.rsplit_once(" ... ")?;
        return result.starts_with("FAIL").then_some(name);
    }
    if let Some(test) = line.strip_prefix("not ok ") {
        return test.split_once(" - ").map(|(_, name)| name);
    }
    let (how, test) = line.split_once(" [")?;
    let has_failed = matches!(how, "FAIL" | "TIMEOUT" | "ABORT") || how.starts_with("SIG");
    let (_, test) = test.split_once(']').filter(|_| has_failed)?;
    // `(3/40)` says which of how many it was.
    let test = test.trim_start();
    let name = test.strip_prefix('(').and_then(|it| it.split_once(") "));
    Some(name.map_or(test, |(_, name)| name))
}

/// The lines in the output of a test runner that tests mark as their score: `score | ...`, the mark left out.
pub(crate) fn scores(output: &str) -> Vec<String> {
    let marked = output.lines().map(str::trim_start);
    marked
        .filter_map(|line| line.strip_prefix("score | "))
        .map(str::to_owned)
        .collect()
}

/// The counting part of a closing line.
fn closing_line(line: &str) -> Option<&str> {
    let line = line.trim_start();
    if let Some(result) = line.strip_prefix("test result: ") {
        return result.split_once(". ").map(|(_, numbers)| numbers);
    }
    line.strip_prefix("Summary [")?
        .split_once(" run: ")
        .map(|(_, numbers)| numbers)
}

/// One of the lines by which Node's test runner closes: `# pass 3`, `# fail 1`, `# cancelled 0`, `# skipped 0`, `# todo 0`.
fn closing_line_of_node(line: &str) -> Option<Counts> {
    let (what, number) = line.strip_prefix("# ")?.split_once(' ')?;
    let number = number.parse().ok()?;
    let mut counts = Counts::default();
    match what {
        "pass" => counts.passed = number,
        "fail" | "cancelled" => counts.failed = number,
        "skipped" => counts.skipped = number,
        _ => return None,
    }
    Some(counts)
}

/// `10 passed (1 slow), 2 failed, 1 timed out, 3 skipped` or `4 passed; 0 failed; 1 ignored`.
fn in_words(numbers: &str) -> Counts {
    let mut counts = Counts::default();
    for part in numbers.split([',', ';']) {
        let mut words = part.split_whitespace();
        let (Some(Ok(number)), Some(what)) = (words.next().map(str::parse::<u64>), words.next())
        else {
            continue;
        };
        match what {
            "passed" => counts.passed += number,
            // `2 exec failed`, `1 timed out`: a test that gave no answer has failed.
            "failed" | "exec" | "timed" => counts.failed += number,
            "ignored" | "skipped" => counts.skipped += number,
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn libtest_lines_are_summed_over_binaries() {
        let output = "running 2 tests\ntest a ... ok\n\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s\n\
            test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\n";
        assert_eq!(counts(output), expected(7, 1, 1));
    }

    #[test]
    fn nextest_summary_counts_slow_tests_as_passed() {
        let output = "     Summary [   3.214s] 40 tests run: 40 passed (2 slow), 3 skipped\n";
        assert_eq!(counts(output), expected(40, 0, 3));
    }

    #[test]
    fn nextest_timeouts_and_execution_failures_count_as_failed() {
        let line = "Summary [ 9.1s] 7/9 tests run: 3 passed (1 flaky), 2 failed, 1 exec failed, 1 timed out, 0 skipped";
        assert_eq!(counts(line), expected(3, 4, 0));
    }

    #[test]
    fn one_test_is_singular() {
        assert_eq!(
            counts("     Summary [   0.1s] 1 test run: 1 passed, 0 skipped"),
            expected(1, 0, 0)
        );
    }

    #[test]
    fn a_test_that_prints_numbers_is_not_counted() {
        assert_eq!(
            counts("12 passed; 3 failed\ntest result of the page: 4 passed\n"),
            Counts::default()
        );
    }

    #[test]
    fn failed_tests_are_named_once_whoever_ran_them() {
        let output = "test a::ok ... ok\ntest a::b ... FAILED\n    test c ... FAIL\n\
            test result: FAILED. 5 passed; 2 failed; 0 ignored\n\
            \x20       PASS [   0.005s] (1/40) it::d e\n        FAIL [   0.005s] (2/40) it::d f\n\
            \x20    TIMEOUT [  60.005s] g h\n     SIGABRT [   0.005s] (4/40) i j\n\
            \x20       FAIL [   0.005s] (2/40) it::d f\n    FAIL\nok 1 - k\nnot ok 2 - l - m\n\
            GET [a] FAIL [b]\n";
        assert_eq!(
            failed(output),
            ["a::b", "c", "it::d f", "g h", "i j", "l - m"]
        );
    }

    #[test]
    fn scores_are_the_marked_lines_however_far_they_are_indented() {
        let output = "test a ... ok\n    score | suite  1/2\nscore | sum    3/4 \nno score | 5\n";
        assert_eq!(scores(output), ["suite  1/2", "sum    3/4 "]);
    }

    #[test]
    fn a_test_that_says_that_it_was_left_out_has_not_passed() {
        let output = "running 3 tests\n    SKIPPED a::b: no such thing here\ntest a::b ... ok\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 filtered out; finished in 0.91s\n";
        assert_eq!(counts(output), expected(2, 0, 2));
    }

    #[test]
    fn nodes_closing_lines_are_summed_and_a_cancelled_test_has_failed() {
        let output = "ok 1 - it\n1..1\n# tests 7\n# suites 1\n# pass 3\n# fail 1\n# cancelled 1\n\
            # skipped 2\n# todo 0\n# duration_ms 12.5\n# a test that says pass 3\n";
        assert_eq!(counts(output), expected(3, 2, 2));
    }

    #[test]
    fn wasm_bindgen_closes_as_libtest_does() {
        let output =
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.91s\n";
        assert_eq!(counts(output), expected(4, 0, 0));
    }
}
