//! How a module's glue has the program's futures go on at the end of a turn: by a promise that is settled.
//!
//! js-sys calls `queueMicrotask`, which a browser has outside of its engine: it takes ten times as long.

const QUEUES: &str = "            queueMicrotask(arg0);\n";
const GOES_ON: &str = "            turn.then(arg0);\n";
const TURN: &str = "const turn = Promise.resolve();\n";

/// The glue that does so.
///
/// # Errors
///
/// What in it is not as wasm-bindgen writes it.
pub(super) fn by_promise(glue: &str) -> Result<String, String> {
    match (glue.matches(QUEUES).count(), glue.contains("turn.")) {
        (0, _) => Ok(glue.into()),
        (1, false) => Ok([&glue.replace(QUEUES, GOES_ON), TURN].concat()),
        _ => Err("the glue queues otherwise".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_comes_in_place_of_the_queue() {
        let glue = ["        _1: function(arg0) {\n", QUEUES, "        },\n"].concat();
        let told = by_promise(&glue).unwrap();
        assert_eq!(
            told,
            "        _1: function(arg0) {\n            turn.then(arg0);\n        },\nconst turn = Promise.resolve();\n"
        );
        assert!(by_promise(&[&glue[..], QUEUES].concat()).is_err());
        assert!(by_promise(&told.replace(GOES_ON, &[QUEUES, GOES_ON].concat())).is_err());
        assert_eq!(by_promise("none"), Ok("none".into()));
    }
}
