//! Resume data of an upload.

use serde_json::Value;
use urlsession_core::mock::{MockPlatform, Reply};
use urlsession_core::{Configuration, ErrorCode, Request, Session, UploadDraft, UploadResumeData};

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mock = MockPlatform::new();
    mock.transport().respond(|_| {
        let mut offer = urlsession_core::http::HeaderMap::new();
        offer.insert("location", "/u/1".parse().unwrap());
        offer.insert("upload-draft-interop-version", "8".parse().unwrap());
        Reply::error(ErrorCode::NetworkConnectionLost).informational_at_once(104, offer)
    });
    mock.files().insert("/a.bin", "0123456789");
    let mut configuration = Configuration::default();
    configuration.resumable_uploads = Some(UploadDraft::Interop8);
    let session = Session::new(mock.platform(), configuration);
    let file = urlsession_core::UploadBody::file("/a.bin");
    let begin = |body: urlsession_core::UploadBody| {
        let request = Request::put("http://a.example/u").unwrap();
        let lost = session.upload(request, body);
        let lost = mock.runtime().block_on(lost).unwrap_err();
        serde_json::to_vec(lost.upload_resume_data().unwrap()).unwrap()
    };
    vec![begin(file), begin("0123456789".into())]
}

/// Bytes are resume data or none, with their checksum or with one that a forger has made right. What is read is written and read again as
/// the same, and asks nobody outside of http for anything.
pub fn upload_resume_data(data: &[u8]) {
    let sealed = sealed(data).unwrap_or_default();
    for stored in [data, &sealed] {
        let Ok(data) = serde_json::from_slice::<UploadResumeData>(stored) else {
            continue;
        };
        let written = serde_json::to_vec(&data).unwrap();
        let again: UploadResumeData = serde_json::from_slice(&written).unwrap();
        assert_eq!(serde_json::to_vec(&again).unwrap(), written);
        go_on(data);
    }
}

fn go_on(data: UploadResumeData) {
    let mock = MockPlatform::new();
    mock.transport().respond(|request| {
        let reply = Reply::new(204).header("upload-draft-interop-version", "8");
        match request.method.as_str() {
            "HEAD" => reply
                .header("upload-offset", "4")
                .header("upload-complete", "?0"),
            _ => reply.header("upload-complete", "?1"),
        }
    });
    mock.files().insert("/a.bin", "0123456789");
    let session = Session::new(mock.platform(), Configuration::default());
    // Whether it goes on is its own affair.
    let _ = mock.runtime().block_on(session.upload_resuming(data));
    mock.runtime().run_until_idle();
    for request in mock.transport().requests() {
        assert!(matches!(request.url.scheme(), "http" | "https"));
    }
}

/// The same with a checksum that is right, as far as it can be told what it is of.
fn sealed(data: &[u8]) -> Option<Vec<u8>> {
    let mut stored: Value = serde_json::from_slice(data).ok()?;
    let mut sum = Sum(0xcbf2_9ce4_8422_2325);
    sum.number(stored["version"].as_u64()?);
    sum.number(match stored["draft"].as_str()? {
        "Interop6" => 6,
        _ => 8,
    });
    sum.part(stored["resource"].as_str()?);
    let request = &stored["request"];
    sum.part(request["method"].as_str()?);
    sum.part(request["url"].as_str()?);
    for field in request["headers"].as_array().into_iter().flatten() {
        sum.part(field[0].as_str()?);
        sum.part(field[1].as_str()?);
    }
    sum.part(stored["file"].as_str().unwrap_or_default());
    let version = &stored["file_version"];
    if !version.is_null() {
        let since = &version["modified"];
        let number = |value: &Value| value.as_u64().unwrap_or_default();
        sum.number(version["length"].as_u64()?);
        sum.number(number(&since["secs_since_epoch"]));
        sum.number(number(&since["nanos_since_epoch"]));
        sum.number(number(&version["identity"][0]));
        sum.number(number(&version["identity"][1]));
    }
    sum.number(stored["length"].as_u64().unwrap_or(u64::MAX));
    sum.number(stored["acknowledged"].as_u64()?);
    stored["checksum"] = sum.0.into();
    serde_json::to_vec(&stored).ok()
}

/// FNV-1a over parts, each with its length.
struct Sum(u64);

impl Sum {
    fn part(&mut self, part: &str) {
        self.number(part.len() as u64);
        self.bytes(part.as_bytes());
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, &byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forger_makes_the_right_checksum() {
        for seed in seeds() {
            let sum =
                |data: &[u8]| serde_json::from_slice::<Value>(data).unwrap()["checksum"].clone();
            assert_eq!(
                sum(&sealed(&seed).unwrap()),
                sum(&seed),
                "{}",
                String::from_utf8_lossy(&seed)
            );
        }
    }
}
