//! A form as a stream: its parts opened one after the other, as they are sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use http::header;

use crate::load::file::open_version;
use crate::load::skipping::Skipping;
use crate::policy::multipart::Boundary;
use crate::seams::files::Files;
use crate::seams::platform::Platform;
use crate::words::body::{Body, BodyStream, FileRef, RequestBody};
use crate::words::bounds::BoxFuture;
use crate::words::error::{Error, ErrorCode};
use crate::words::file_version::{FileChanged, FileVersion};
use crate::words::multipart::{MultipartForm, PartContent};
use crate::words::opening::{OpenBody, OpenedBody, Opening};
use crate::words::request::Request;

/// The request's body: the form, of which its Content-Type tells.
///
/// Never put into its caller's code: most uploads are no forms.
#[inline(never)]
pub(crate) fn carried_by(
    request: &mut Request,
    form: MultipartForm,
    platform: &Platform,
) -> RequestBody {
    let random = || platform.runtime.random();
    let boundary = Boundary::new([random(), random()]);
    let content_type = boundary.content_type();
    request
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    let form = Arc::new(Form {
        form,
        boundary,
        files: platform.files.clone(),
        versions: Mutex::default(),
    });
    RequestBody::Stream(BodyStream::opened_by(Source(form)))
}

struct Source(Arc<Form>);

struct Form {
    form: MultipartForm,
    boundary: Boundary,
    files: Arc<dyn Files>,
    /// Those of its files when it was opened at its start last: what is sent on later must be of the same.
    versions: Mutex<Option<Vec<FileVersion>>>,
}

impl OpenBody for Source {
    fn open(&self, offset: u64) -> BoxFuture<'static, Result<OpenedBody, Error>> {
        let form = self.0.clone();
        Box::pin(async move { form.open(offset).await })
    }

    fn is_replayable(&self) -> bool {
        self.0.streams().all(BodyStream::is_replayable)
    }

    fn is_unread(&self) -> bool {
        self.0.streams().all(BodyStream::is_unread)
    }
}

impl Form {
    fn streams(&self) -> impl Iterator<Item = &BodyStream> {
        self.form
            .parts()
            .iter()
            .filter_map(|part| match part.content() {
                PartContent::Stream(stream) => Some(stream),
                PartContent::Bytes(_) | PartContent::File(_) => None,
            })
    }

    async fn open(&self, offset: u64) -> Result<OpenedBody, Error> {
        let versions = self.versions().await?;
        {
            let mut known = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
            if offset > 0 && known.as_ref().is_some_and(|known| *known != versions) {
                return Err(FileChanged.into());
            }
            *known = Some(versions.clone());
        }
        let mut segments = self.segments(versions)?;
        let mut left = offset;
        while let Some(first) = segments.front_mut() {
            match first.length() {
                Some(length) if length <= left => {
                    left -= length;
                    segments.pop_front();
                }
                _ => {
                    first.skip(left);
                    left = 0;
                    break;
                }
            }
        }
        if left > 0 {
            return Err(ErrorCode::RequestBodyStreamExhausted.into());
        }
        let body = FormBody {
            files: self.files.clone(),
            current: None,
            rest: segments,
        };
        let length = body.remaining();
        Ok(OpenedBody {
            body: Box::new(body),
            length,
        })
    }

    async fn versions(&self) -> Result<Vec<FileVersion>, Error> {
        let mut versions = Vec::new();
        for part in self.form.parts() {
            if let PartContent::File(file) = part.content() {
                versions.push(self.files.version(file).await?);
            }
        }
        Ok(versions)
    }

    fn segments(&self, versions: Vec<FileVersion>) -> Result<VecDeque<Segment>, Error> {
        let mut versions = versions.into_iter();
        let mut segments = VecDeque::new();
        let parts = self.form.parts();
        for (number, part) in parts.iter().enumerate() {
            segments.push_back(Segment::Bytes(self.boundary.before(part, number == 0)));
            segments.push_back(match part.content() {
                PartContent::Bytes(bytes) => Segment::Bytes(bytes.clone()),
                PartContent::File(file) => Segment::File {
                    file: file.clone(),
                    version: versions.next().ok_or(FileChanged)?,
                    from: 0,
                },
                PartContent::Stream(stream) => Segment::Stream {
                    body: stream.open().ok_or(ErrorCode::RequestBodyStreamExhausted)?,
                    length: stream.length(),
                    skip: 0,
                },
            });
        }
        segments.push_back(Segment::Bytes(self.boundary.end(!parts.is_empty())));
        Ok(segments)
    }
}

/// What is sent in one go: what stands around a part, or its content.
enum Segment {
    Bytes(Bytes),
    File {
        file: FileRef,
        version: FileVersion,
        from: u64,
    },
    Stream {
        body: Box<dyn Body>,
        length: Option<u64>,
        skip: u64,
    },
}

impl Segment {
    /// What is still to come of it.
    fn length(&self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File { version, from, .. } => Some(version.length() - from),
            Self::Stream { length, skip, .. } => length.map(|length| length - skip),
        }
    }

    /// Leaves out so many bytes, fewer than there are as far as that is known.
    fn skip(&mut self, count: u64) {
        match self {
            Self::Bytes(bytes) => bytes.advance(usize::try_from(count).unwrap_or(bytes.len())),
            Self::File { from, .. } => *from += count,
            Self::Stream { skip, .. } => *skip += count,
        }
    }
}

/// A form being sent.
struct FormBody {
    files: Arc<dyn Files>,
    current: Option<Current>,
    rest: VecDeque<Segment>,
}

/// A part whose content is being sent.
struct Current {
    body: Box<dyn Body>,
    /// How much of it is to come, where that is known: it must be so much, or the parts behind it were not where the server looks.
    left: Option<u64>,
}

impl FormBody {
    fn begin(&mut self, segment: Segment) -> Option<Bytes> {
        let left = segment.length();
        let body = match segment {
            Segment::Bytes(bytes) => return Some(bytes).filter(|bytes| !bytes.is_empty()),
            Segment::Stream { body, skip, .. } => Skipping::of(body, skip),
            Segment::File {
                file,
                version,
                from,
            } => {
                let files = self.files.clone();
                Box::new(Opening::new(Box::pin(async move {
                    let body = open_version(&*files, &file, version, from).await?;
                    let length = body.remaining();
                    Ok(OpenedBody { body, length })
                })))
            }
        };
        self.current = Some(Current { body, left });
        None
    }
}

impl Current {
    /// The next chunk of the part; `None` at its end.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let chunk = ready!(self.body.poll_next_chunk(context)).transpose()?;
        let Some(left) = &mut self.left else {
            return Poll::Ready(chunk.map(Ok));
        };
        let failure = match chunk {
            None if *left == 0 => return Poll::Ready(None),
            None => ErrorCode::RequestBodyStreamExhausted,
            Some(chunk) if chunk.len() as u64 <= *left => {
                *left -= chunk.len() as u64;
                return Poll::Ready(Some(Ok(chunk)));
            }
            Some(_) => ErrorCode::DataLengthExceedsMaximum,
        };
        let cause = "a part of the form is not as long as it said";
        Poll::Ready(Some(Err(Error::new(failure).because(cause))))
    }
}

impl Body for FormBody {
    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            if let Some(current) = &mut self.current {
                match ready!(current.poll(context)) {
                    Some(chunk) => return Poll::Ready(Some(chunk)),
                    None => self.current = None,
                }
            }
            let Some(segment) = self.rest.pop_front() else {
                return Poll::Ready(None);
            };
            if let Some(bytes) = self.begin(segment) {
                return Poll::Ready(Some(Ok(bytes)));
            }
        }
    }

    fn remaining(&self) -> Option<u64> {
        let current = match &self.current {
            Some(current) => current.left?,
            None => 0,
        };
        let rest = self.rest.iter().map(Segment::length);
        let rest: u64 = rest.sum::<Option<u64>>()?;
        Some(current + rest)
    }
}
