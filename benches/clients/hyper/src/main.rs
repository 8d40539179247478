//! Names:
//!
//! * `hyper`: `hyper::client::conn` and a list of idle senders: no pool, no policy
//! * `hyper-inline` (small_seq only): the connection is polled by the task that makes the request,
//!   so that there is no second task to wake
//! * `hyper-util`: the legacy client with its pool

mod body;
mod direct;
mod exchange;
mod inline;
mod legacy;

use std::process::ExitCode;

use harness::{Unsupported, scenario};

fn main() -> ExitCode {
    harness::main(|args| {
        if args.scenario.starts_with("https") || args.scenario.starts_with("cache") {
            return Err(Unsupported.into());
        }
        scenario::block_on(async {
            match &*args.name {
                "hyper-inline" if args.scenario == "small_seq" => inline::run(args).await,
                "hyper" => scenario::drive(args, direct::Direct::new(args)?).await,
                "hyper-util" => scenario::drive(args, legacy::client(args)?).await,
                _ => Err(Unsupported.into()),
            }
        })
    })
}
