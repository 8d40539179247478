//! The program: it prints where it is, serves, and ends with its standard input.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use support::get_request;

#[test]
fn it_prints_its_urls_and_serves_until_stdin_closes() {
    let mut process = Command::new(env!("CARGO_BIN_EXE_urlsession-origin"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let urls: serde_json::Value = serde_json::from_str(&line).unwrap();
    for name in [
        "http",
        "http_other",
        "h2c",
        "https",
        "https_h1",
        "closed",
        "ca_pem",
    ] {
        assert!(urls[name].is_string(), "{name} in {line}");
    }
    let address = urls["http"]
        .as_str()
        .unwrap()
        .strip_prefix("http://")
        .unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(get_request("/Nepal").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.ends_with("Kathmandu"));
    drop(process.stdin.take());
    assert!(process.wait().unwrap().success());
}

#[test]
fn an_unknown_argument_is_refused() {
    let status = Command::new(env!("CARGO_BIN_EXE_urlsession-origin"))
        .arg("--nonsense")
        .stderr(Stdio::null())
        .status();
    assert!(!status.unwrap().success());
}

#[test]
fn a_folder_to_serve_must_be_there() {
    let status = Command::new(env!("CARGO_BIN_EXE_urlsession-origin"))
        .args(["--serve", "/=no-such-folder"])
        .stderr(Stdio::null())
        .status();
    assert!(!status.unwrap().success());
}
