//! Name: `ureq`. Blocking; concurrency 1 only.

use std::fs::File;
use std::io;
use std::process::ExitCode;

use harness::{Args, Meter, Result, Unsupported};
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

fn main() -> ExitCode {
    harness::main(|args| {
        let agent = agent(args)?;
        if matches!(
            &*args.scenario,
            "small_seq" | "https_seq" | "https_handshake"
        ) {
            get(&agent, &args.url)?; // the warm-up
        }
        let meter = Meter::start()?;
        let bytes = match &*args.scenario {
            "small_seq" | "https_seq" | "https_handshake" => in_turn(&agent, args)?,
            "download" => stream(&agent, args, &mut io::sink())?,
            "download_disk" => stream(&agent, args, &mut File::create(args.file()?)?)?,
            "upload" => upload(&agent, args)?,
            _ => return Err(Unsupported.into()),
        };
        meter.finish(args, bytes)
    })
}

fn agent(args: &Args) -> Result<Agent> {
    let mut config = Agent::config_builder();
    if args.scenario.starts_with("https") {
        let pem = std::fs::read(args.ca_path()?)?;
        let mut certificates: Vec<Certificate<'static>> = Vec::new();
        for item in ureq::tls::parse_pem(&pem) {
            if let PemItem::Certificate(certificate) = item? {
                certificates.push(certificate);
            }
        }
        let roots = RootCerts::Specific(certificates.into());
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    if args.scenario == "https_handshake" {
        config = config.max_idle_connections(0);
    }
    Ok(config.build().into())
}

fn get(agent: &Agent, url: &str) -> Result<u64> {
    Ok(agent.get(url).call()?.body_mut().read_to_vec()?.len() as u64)
}

fn in_turn(agent: &Agent, args: &Args) -> Result<u64> {
    let mut bytes = 0;
    for _ in 0..args.n {
        bytes += get(agent, &args.url)?;
    }
    Ok(bytes)
}

fn stream(agent: &Agent, args: &Args, sink: &mut impl io::Write) -> Result<u64> {
    Ok(io::copy(
        &mut agent.get(&args.url).call()?.into_body().into_reader(),
        sink,
    )?)
}

fn upload(agent: &Agent, args: &Args) -> Result<u64> {
    let file = File::open(args.file()?)?;
    let size = file.metadata()?.len();
    agent.put(&args.url).send(file)?.body_mut().read_to_vec()?;
    Ok(size)
}
