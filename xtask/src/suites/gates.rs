//! The benchmark's gate.

use std::process::Command;

use crate::run::{Run, Skip};
use crate::tools::Tools;

pub(super) fn gates(run: &mut Run<'_>, tools: &mut Tools<'_>) -> Result<(), Skip> {
    tools.valgrind()?;
    let mut lints = run.cargo("clippy --manifest-path benches/Cargo.toml --all-targets");
    lints.args("-p harness -p bench-server -p client-ours -p client-hyper --target-dir".split(' '));
    run.check(
        lints
            .arg(&run.workspace.target)
            .args(["--", "-D", "warnings"]),
    );
    match std::env::current_exe() {
        Ok(xtask) => run.tests(Command::new(xtask).args(["bench", "--gate"])),
        Err(error) => run.fail(format!("xtask does not find itself: {error}")),
    }
    Ok(())
}
