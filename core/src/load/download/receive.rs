//! The bytes of one answer, on their way into the file.

use std::sync::Arc;

use super::digest::{CONTENT_DIGEST, Expected, Hash, REPR_DIGEST};
use super::partial::Partial;
use super::yield_once;
use crate::policy::trailers;
use crate::seams::app::{App, Content, Notice};
use crate::seams::asking::told;
use crate::words::error::Error;

/// An answer whose body comes.
pub(super) struct Coming {
    pub(super) content: Content,
    /// It carries a part of the whole.
    pub(super) is_part: bool,
}

/// A digest that is compared once all bytes of one answer are there.
pub(super) struct Check(Option<(Expected, Hash)>);

impl Check {
    pub(super) fn of(expected: Option<Expected>) -> Self {
        Self(expected.map(|expected| {
            let hash = expected.begin();
            (expected, hash)
        }))
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        if let Some((_, hash)) = &mut self.0 {
            hash.add(bytes);
        }
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        self.0
            .map_or(Ok(()), |(expected, hash)| expected.check(hash))
    }
}

/// Writes the body to its end.
pub(super) async fn receive<A: App>(
    app: &A,
    partial: &mut Partial,
    coming: Coming,
) -> Result<(), Error> {
    let Coming {
        mut content,
        is_part,
    } = coming;
    let fields = content.response.headers();
    let mut of_content = Check::of(match content.is_decoded {
        true => None,
        false => Expected::of(fields, CONTENT_DIGEST),
    });
    // A whole is hashed as it comes, unless that is the same.
    let of_whole = partial.known().digest.filter(|_| !is_part);
    let mut of_whole = Check::of(of_whole);
    // Who wants to see no byte leaves them to those who move them.
    if of_content.0.is_none() && of_whole.0.is_none() {
        while let Some(direct) = content.body.direct() {
            let bytes = partial.take_from(app, direct).await?;
            if bytes == 0 {
                break;
            }
            app.signals().add_received(bytes);
            tell(app, bytes, partial.written(), content.expected).await?;
        }
    }
    while let Some(chunk) = content.body.next_chunk().await? {
        if chunk.is_empty() {
            yield_once().await;
            continue;
        }
        let bytes = chunk.len() as u64;
        of_content.add(&chunk);
        of_whole.add(&chunk);
        partial.write(app, chunk).await?;
        app.signals().add_received(bytes);
        tell(app, bytes, partial.written(), content.expected).await?;
    }
    if let Some(trailers) = content.body.trailers() {
        let trailers = trailers::allowed(trailers);
        if !content.is_decoded && partial.known().digest.is_none() {
            let mut known = partial.known();
            known.digest = Expected::of(&trailers, REPR_DIGEST);
            partial.learn(known);
        }
        app.set_trailers(trailers);
    }
    let checked_whole = of_whole.0.is_some();
    if let Err(mismatch) = of_content.finish().and_then(|()| of_whole.finish()) {
        partial.spoil();
        return Err(mismatch);
    }
    if checked_whole {
        partial.verified();
    }
    Ok(())
}

/// Tells of bytes that were written.
pub(super) async fn tell<A: App>(
    app: &A,
    bytes: u64,
    total: u64,
    expected: Option<u64>,
) -> Result<(), Error> {
    app.progressed();
    if !app.wants_written() {
        return Ok(());
    }
    told(app.notify(Notice::Written {
        bytes,
        total,
        expected,
    }))
    .await
}

/// All bytes are there: they are handed on, and compared with the digest of the whole unless that was done as they came.
pub(super) async fn verify<A: App>(app: &A, partial: &mut Partial) -> Result<(), Error> {
    partial.flush().await?;
    let (Some(expected), Some(file)) = (partial.known().digest, partial.file()) else {
        return Ok(());
    };
    let mut hash = expected.begin();
    let files = Arc::clone(&app.platform().files);
    hash.add_all(&mut *files.read(&file, 0).await?).await?;
    if let Err(mismatch) = expected.check(hash) {
        partial.spoil();
        return Err(mismatch);
    }
    Ok(())
}
