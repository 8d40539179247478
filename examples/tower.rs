//! A session behind layers of tower: at most two requests at once, each in five seconds.
//!
//!     cargo run --features tower --example tower -- https://example.com/ https://example.org/
#![expect(clippy::print_stdout, reason = "an example prints what it got")]

use std::process::ExitCode;
use std::time::Duration;

use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use urlsession::futures::future::join_all;
use urlsession::{Configuration, RequestBody, http};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let session = urlsession::session(Configuration::default());
    let service = ServiceBuilder::new()
        .concurrency_limit(2)
        .timeout(Duration::from_secs(5))
        .service(session);
    let urls: Vec<String> = std::env::args().skip(1).collect();
    let gets = urls.iter().map(|url| get(service.clone(), url));
    let mut code = ExitCode::SUCCESS;
    for (url, outcome) in urls.iter().zip(join_all(gets).await) {
        match outcome {
            Ok(status) => println!("{status} {url}"),
            Err(error) => {
                println!("{error} {url}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

async fn get<S, B>(mut service: S, url: &str) -> Result<http::StatusCode, BoxError>
where
    S: Service<http::Request<RequestBody>, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
{
    let request = http::Request::get(url).body(RequestBody::Empty)?;
    let ready = service.ready().await.map_err(Into::into)?;
    Ok(ready.call(request).await.map_err(Into::into)?.status())
}
