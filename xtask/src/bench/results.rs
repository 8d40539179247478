//! What was measured, as JSON lines in a file of its own for every call.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::callgrind::Counts;
use super::client::Runs;
use super::plan::Scenario;
use crate::workspace::Workspace;

/// The file.
#[derive(Debug)]
pub(crate) struct Results {
    file: File,
    path: PathBuf,
}

impl Results {
    /// `target/bench/results/<seconds since 1970>.jsonl`.
    pub(crate) fn create(workspace: &Workspace) -> Result<Self, String> {
        let folder = workspace.target.join("bench").join("results");
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_err(|error| error.to_string())?;
        let path = folder.join(format!("{}.jsonl", now.as_secs()));
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let file = File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { file, path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Every run: the client's own fields, the scenario's label, and which repetition it was.
    pub(crate) fn keep_runs(&mut self, scenario: &Scenario, runs: &Runs) -> Result<(), String> {
        for (_, records) in runs {
            for (repetition, record) in records.iter().enumerate() {
                let mut record = record.clone();
                record["label"] = scenario.label.into();
                record["rep"] = repetition.into();
                self.keep(&record)?;
            }
        }
        Ok(())
    }

    pub(crate) fn keep_instructions(
        &mut self,
        scenario: &Scenario,
        counts: &Counts,
    ) -> Result<(), String> {
        for (client, count) in counts {
            self.keep(&json!({
                "client": client, "scenario": scenario.name, "label": scenario.label,
                "instr_per_unit": count, "unit": scenario.unit(),
            }))?;
        }
        Ok(())
    }

    pub(crate) fn keep(&mut self, record: &Value) -> Result<(), String> {
        writeln!(self.file, "{record}").map_err(|error| format!("{}: {error}", self.path.display()))
    }
}
