//! Protocols of an app's own: a scheme that serves the app's files, and a stub in place of a server that is not there yet.
//!
//!     cargo run --example custom_protocol
#![expect(clippy::print_stdout, reason = "an example prints what it loaded")]

use std::collections::BTreeMap;

use urlsession::http::{HeaderMap, StatusCode, Version};
use urlsession::{
    Bytes, Configuration, Error, ErrorCode, ProtocolEvents, ProtocolFn, Request, Response,
    UrlProtocol,
};

/// `app:name` is the file of that name.
struct Bundle(BTreeMap<&'static str, (&'static str, Bytes)>);

impl UrlProtocol for Bundle {
    fn can_init(&self, request: &Request) -> bool {
        request.url().scheme() == "app"
    }

    fn start_loading(&self, request: Request) -> ProtocolEvents {
        let file = self.0.get(request.url().path()).cloned();
        ProtocolEvents::driven(async move |mut client| {
            let (media_type, content) = file.ok_or(ErrorCode::FileDoesNotExist)?;
            let (url, length) = (request.url().clone(), content.len() as u64);
            let response = Response::of_content(url, media_type, Some(length))?;
            client.did_receive_response(response).await?;
            client.did_load(content).await
        })
    }
}

fn main() -> Result<(), Error> {
    let page = ("text/html", Bytes::from("<h1>Hello</h1>"));
    let bundle = Bundle([("index.html", page)].into());

    // Nothing is sent to this server: each of its URLs is busy.
    let busy = ProtocolFn::new(
        |request: &Request| request.url().host_str() == Some("api.example"),
        async |request, mut client| {
            let (url, status) = (request.url().clone(), StatusCode::TOO_MANY_REQUESTS);
            let response = Response::new(url, status, Version::HTTP_11, HeaderMap::new());
            client.did_receive_response(response).await
        },
    );

    let builder = urlsession::builder(Configuration::default());
    let session = builder.protocol(bundle).protocol(busy).build();
    urlsession::futures::executor::block_on(async {
        for url in ["app:index.html", "https://api.example/a", "data:,hello"] {
            let (body, response) = session.data(url).await?;
            let text = String::from_utf8_lossy(&body);
            println!("{url}: {} {text}", response.status());
        }
        println!("app:missing: {:?}", session.data("app:missing").await.err());
        Ok(())
    })
}
