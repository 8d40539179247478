//! A server of one resource that gives parts, and misbehaves as a path tells it.

use urlsession_origin::faults::How;
use urlsession_origin::{RawOrigin, Script, Scripts, Step};

use urlsession::Bytes;

/// What a first answer does; a later one, for the rest, is sound.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It ends after so many of its bytes, head included.
    Cut(usize, How),
    /// It is sound; a part whose end was asked for ends after as many of its bytes as the path's number says.
    CutParts(How),
    /// Its Content-Length is so much more.
    Longer(usize),
    /// Every part begins a byte too early, and says that it does not.
    WrongPart,
    /// Every part is said to be of something longer.
    WrongTotal,
    /// Parts end after so many bytes.
    ShortParts(usize),
    /// The resource is another one at each request.
    Changes,
}

/// A server of `body`.
pub(crate) fn serve(body: Bytes, fault: Fault) -> RawOrigin {
    let scripts = Scripts::by(move |index, head| {
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let field = |name: &str| {
            let line = head.lines().find(|line| line.starts_with(name))?;
            Some(line[name.len()..].trim().to_owned())
        };
        let cut = number(&head);
        let tag = if matches!(fault, Fault::Changes) {
            format!("\"v{index}\"")
        } else {
            "\"v\"".to_owned()
        };
        let range = field("range:").filter(|_| field("if-range:").is_none_or(|of| of == tag));
        match range {
            Some(range) => part(&body, &range, &tag, (fault, cut)),
            None => whole(&body, &tag, fault, cut),
        }
    });
    RawOrigin::spawn(scripts).unwrap()
}

/// The number in the path of a request: `/17`, where its first answer ends.
fn number(head: &str) -> Option<usize> {
    let path = head.split(' ').nth(1)?;
    path.trim_start_matches('/').parse().ok()
}

fn script(head: String, body: Bytes, end: Step) -> Script {
    Script::new([Step::write(head), Step::Write(body), end])
}

fn whole(body: &Bytes, tag: &str, fault: Fault, cut: Option<usize>) -> Script {
    let more = if let Fault::Longer(more) = fault {
        more
    } else {
        0
    };
    let length = body.len() + more;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nETag: {tag}\r\n\
         Accept-Ranges: bytes\r\nConnection: close\r\n\r\n"
    );
    match (fault, cut) {
        (Fault::Cut(_, how), Some(at)) => ended(&head, body, at, how),
        (Fault::Cut(at, how), None) => ended(&head, body, at, how),
        (Fault::Changes | Fault::WrongPart | Fault::WrongTotal | Fault::ShortParts(_), _) => {
            ended(&head, body, head.len() + body.len() / 2, How::Close)
        }
        (Fault::Longer(_) | Fault::CutParts(_), _) => script(head, body.clone(), Step::Close),
    }
}

fn ended(head: &str, body: &Bytes, at: usize, how: How) -> Script {
    let of_head = at.min(head.len());
    let of_body = (at - of_head).min(body.len());
    script(
        head[..of_head].to_owned(),
        body.slice(..of_body),
        how.step(),
    )
}

/// How long the whole answer is.
pub(crate) fn answer_length(body: &Bytes) -> usize {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nETag: \"v\"\r\n\
         Accept-Ranges: bytes\r\nConnection: close\r\n\r\n",
        body.len()
    );
    head.len() + body.len()
}

fn part(body: &Bytes, range: &str, tag: &str, (fault, cut): (Fault, Option<usize>)) -> Script {
    let range = range.strip_prefix("bytes=").unwrap_or_default();
    let (first, last) = range.split_once('-').unwrap_or_default();
    let first: usize = first.parse().unwrap_or_default();
    let end = last.parse().map_or(body.len(), |last: usize| last + 1);
    if first >= body.len() {
        let head = format!(
            "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n",
            body.len()
        );
        return script(head, Bytes::new(), Step::Close);
    }
    let (mut sent, mut total) = (body.slice(first..end), body.len());
    match fault {
        Fault::WrongPart => sent = body.slice(first - 1..end - 1),
        Fault::WrongTotal => total += 1,
        Fault::ShortParts(length) => sent = sent.slice(..sent.len().min(length)),
        Fault::Cut(..) | Fault::CutParts(_) | Fault::Longer(_) | Fault::Changes => {}
    }
    let said = first - usize::from(matches!(fault, Fault::WrongPart));
    let head = format!(
        "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {said}-{}/{total}\r\n\
         Content-Length: {}\r\nETag: {tag}\r\nConnection: close\r\n\r\n",
        said + sent.len() - 1,
        sent.len()
    );
    match (fault, cut) {
        (Fault::CutParts(how), Some(at)) if !last.is_empty() => {
            ended(&head, &sent, head.len() + at % sent.len(), how)
        }
        _ => script(head, sent, Step::Close),
    }
}
