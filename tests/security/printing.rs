//! Row 49.

use super::*;

const SECRET: &str = "s3cret";

fn fields() -> HeaderMap {
    let names = [
        "authorization",
        "proxy-authorization",
        "cookie",
        "set-cookie",
    ];
    let mut fields: HeaderMap = names
        .iter()
        .map(|name| {
            (
                name.parse().unwrap(),
                format!("a {SECRET}").parse().unwrap(),
            )
        })
        .collect();
    let mut marked: urlsession::http::HeaderValue = SECRET.parse().unwrap();
    marked.set_sensitive(true);
    fields.insert("x-marked-by-the-app", marked);
    fields
}

fn url() -> Url {
    Url::parse(&format!("http://{SECRET}:{SECRET}@127.0.0.1:9/a")).unwrap()
}

fn request() -> Request {
    let mut request = Request::post(url())
        .unwrap()
        .with_body(format!("pw={SECRET}"));
    *request.headers_mut() = fields();
    request
}

fn hides(what: &str, shown: &str) {
    assert!(!shown.contains(SECRET), "{what}: {shown}");
    assert!(!shown.is_empty(), "{what}");
}

fn debugged(what: &str, value: &dyn Debug) {
    hides(what, &format!("{value:?}"));
    hides(what, &format!("{value:#?}"));
}

#[tokio::test]
async fn no_public_type_shows_a_secret() {
    let response = Response::new(url(), StatusCode::OK, Version::HTTP_11, fields());
    let error = Error::new(ErrorCode::TimedOut).with_url(&url());
    let mut configuration = Configuration::ephemeral();
    configuration.http_additional_headers = fields().into();
    let interim = Informational {
        status: StatusCode::EARLY_HINTS,
        headers: fields(),
    };
    let builder = urlsession::builder(configuration.clone());
    debugged("builder", &builder);
    let session = builder.build();
    let task = session.data_task(request());
    debugged("request", &request());
    hides("request", &request().to_string());
    debugged("target", request().target().unwrap());
    debugged("origin", request().target().unwrap().origin());
    debugged("body", request().body());
    debugged("response", &response);
    debugged("error", &error);
    hides("error", &error.to_string());
    debugged("configuration", &configuration);
    debugged("informational", &interim);
    debugged("session", &session);
    debugged("platform", &urlsession::platform(&configuration));
    debugged("native platform", &NativePlatform::builder(&configuration));
    debugged("task", &task);
    debugged("answer", &Answer::Now(Some(request())));
    debugged("event", &urlsession::TaskEvent::Redirected(&request()));
    debugged("event", &urlsession::TaskEvent::Responded(&response));
    debugged("event", &urlsession::TaskEvent::Completed(Some(&error)));
    let hop = urlsession::HopRequest {
        method: Method::POST,
        target: request().target().unwrap().clone(),
        headers: fields().into(),
        body: urlsession::HopBody::Bytes(SECRET.into()),
        affinity: urlsession::Affinity::Any,
        hints: urlsession::Hints::default(),
        properties: Default::default(),
    };
    debugged("hop", &hop);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_failure_shows_a_secret_with_all_its_causes() {
    let origin = Origin::start().await.unwrap();
    let mut configuration = configuration();
    configuration.http_additional_headers = fields().into();
    let session = urlsession::session(configuration);
    let with_user = |url: String| url.replacen("://", &format!("://{SECRET}:{SECRET}@"), 1);
    let urls = [
        with_user(origin.closed_url("/")),
        with_user(origin.url("/fault/garbage")),
        with_user(origin.url("/fault/close-mid-body")),
        with_user(origin.tls_url("/")),
        with_user(origin.url("/redirect?status=302&to=file:///")),
        with_user(origin.url("/redirect/21")),
        format!("http://{SECRET}:{SECRET}@does not parse/"),
        format!("ftp://{SECRET}:{SECRET}@127.0.0.1/"),
    ];
    for url in urls {
        let error = within(&url, session.data(&url)).await.unwrap_err();
        debugged(&url, &error);
        let mut link: Option<&dyn std::error::Error> = Some(&error);
        while let Some(cause) = link {
            hides(&url, &cause.to_string());
            link = cause.source();
        }
    }
}
