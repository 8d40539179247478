//! Plays schedules and checks them.
use std::sync::Arc;
use urlsession_simulation::{Schedule, check, play};
fn main() {
    let args: Vec<u64> = std::env::args()
        .skip(1)
        .map(|a| a.parse().unwrap())
        .collect();
    let (from, n) = (args[0], args[1]);
    let t = std::time::Instant::now();
    let (mut steps, mut entries, mut bad) = (0, 0, 0);
    let mut by_rule = std::collections::BTreeMap::<&str, (u64, u64)>::new();
    for seed in from..from + n {
        let schedule = Arc::new(Schedule::of(seed));
        let Ok(played) = std::panic::catch_unwind(|| play(&schedule)) else {
            let e = by_rule.entry("panic").or_insert((0, seed));
            e.0 += 1;
            continue;
        };
        steps += played.steps;
        entries += played.entries.len();
        let v = check(&schedule, &played.entries);
        if let Some(v) = v.first() {
            bad += 1;
            let e = by_rule.entry(v.rule).or_insert((0, seed));
            e.0 += 1;
            if n == 1 {
                if std::env::var("PLAN").is_ok() {
                    println!("{schedule:#?}")
                } else {
                    println!(
                        "{:?} {:?}",
                        schedule.setup,
                        schedule
                            .tasks
                            .iter()
                            .map(|t| (t.form, t.origin, t.has_delegate, t.upload))
                            .collect::<Vec<_>>()
                    )
                };
                for (i, e) in played.entries.iter().enumerate() {
                    println!("{i:4} {:6} {:?}", e.at, e.what)
                }
                for v in check(&schedule, &played.entries) {
                    println!("{v}")
                }
            }
        }
        if played.is_endless {
            println!("endless {seed}")
        }
    }
    println!(
        "{bad} bad of {n}, {steps} steps, {entries} entries, {:?}",
        t.elapsed()
    );
    for (rule, (count, seed)) in by_rule {
        println!("{rule}: {count}, first seed {seed}")
    }
}
