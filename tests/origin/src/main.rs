//! Serves the origin's routes until standard input closes.
//!
//! Prints one JSON line with its URLs ([`Origin::as_json`]). Ports are free ones unless given:
//! `urlsession-origin --http 8080 --http-other 8081 --h2c 8082 --https 8443 --https-h1 8444`.
//! `--serve PREFIX=FOLDER` serves a folder's files in front of the routes.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use urlsession_origin::{Folders, Origin, Ports};

fn main() -> ExitCode {
    match options(std::env::args().skip(1)).and_then(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell if standard error is gone as well.
            let _ = writeln!(io::stderr(), "urlsession-origin: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve((ports, folders): (Ports, Folders)) -> io::Result<()> {
    let origin = Origin::spawn_with(ports, folders)?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", origin.as_json())?;
    stdout.flush()?;
    let mut scratch = [0; 1024];
    while io::stdin().read(&mut scratch)? > 0 {}
    Ok(())
}

fn options(mut arguments: impl Iterator<Item = String>) -> io::Result<(Ports, Folders)> {
    let (mut ports, mut folders) = (Ports::default(), Folders::default());
    while let Some(name) = arguments.next() {
        let port = match name.as_str() {
            "--serve" => {
                folders = serving(folders, arguments.next())?;
                continue;
            }
            "--http" => &mut ports.http,
            "--http-other" => &mut ports.http_other,
            "--h2c" => &mut ports.h2c,
            "--https" => &mut ports.https,
            "--https-h1" => &mut ports.https_h1,
            _ => return Err(io::Error::other(format!("unknown argument {name}"))),
        };
        let value = arguments.next().and_then(|value| value.parse().ok());
        *port = value.ok_or_else(|| io::Error::other(format!("{name} takes a port")))?;
    }
    Ok((ports, folders))
}

fn serving(folders: Folders, argument: Option<String>) -> io::Result<Folders> {
    let argument = argument.unwrap_or_default();
    let (prefix, folder) = argument
        .split_once('=')
        .ok_or_else(|| io::Error::other("--serve takes PREFIX=FOLDER"))?;
    folders
        .with(prefix, Path::new(folder))
        .map_err(|error| io::Error::other(format!("{folder}: {error}")))
}
