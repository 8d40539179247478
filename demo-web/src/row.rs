//! One transfer's row: what it shows of its task.

use std::cell::{Cell, RefCell};
use std::error::Error as _;
use std::rc::Rc;

use urlsession_core::{
    Answer, Bytes, Delegate, Error, Response, ResponseDisposition, Task, TaskState, Wants,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlProgressElement, HtmlTemplateElement};

use crate::dom::part;

/// Milliseconds between two pictures of a running transfer.
const FRAME: f64 = 50.0;
/// Bytes of a text that are shown.
const SHOWN_TEXT: usize = 2048;

/// The row of one transfer.
pub(crate) struct Row {
    root: Element,
    state: Element,
    bytes: Element,
    text: HtmlElement,
    progress: HtmlProgressElement,
    suspend: HtmlButtonElement,
    resume: HtmlButtonElement,
    cancel: HtmlButtonElement,
}

impl Row {
    /// A new row at the head of `list`, titled `title`.
    pub(crate) fn new(
        template: &HtmlTemplateElement,
        list: &Element,
        title: &str,
    ) -> Result<Self, JsValue> {
        let content = template
            .content()
            .first_element_child()
            .ok_or("an empty template")?;
        let root: Element = content.clone_node_with_deep(true)?.dyn_into()?;
        part::<Element>(&root, "title")?.set_text_content(Some(title));
        list.prepend_with_node_1(&root)?;
        Ok(Self {
            state: part(&root, "state")?,
            bytes: part(&root, "bytes")?,
            text: part(&root, "text")?,
            progress: part(&root, "progress")?,
            suspend: part(&root, "suspend")?,
            resume: part(&root, "resume")?,
            cancel: part(&root, "cancel")?,
            root,
        })
    }

    /// Marks the row with its task's number.
    pub(crate) fn belongs_to(&self, task: &Task) -> Result<(), JsValue> {
        self.root.set_attribute("data-task", &task.id().to_string())
    }

    /// The number of the task whose row holds `element`.
    pub(crate) fn task_of(element: &Element) -> Option<u64> {
        element
            .closest("[data-task]")
            .ok()??
            .get_attribute("data-task")?
            .parse()
            .ok()
    }

    /// Shows the task as it is now.
    pub(crate) fn show(&self, task: &Task) {
        let state = task.state();
        self.state.set_text_content(Some(name(state)));
        self.suspend.set_disabled(state != TaskState::Running);
        self.resume.set_disabled(state != TaskState::Suspended);
        self.cancel
            .set_disabled(!matches!(state, TaskState::Running | TaskState::Suspended));
        let received = task.count_of_bytes_received();
        let expected = task.count_of_bytes_expected_to_receive();
        let of = expected.map_or(String::new(), |expected| format!(" of {expected}"));
        self.bytes
            .set_text_content(Some(&format!("{received}{of} bytes")));
        match (state, expected) {
            (TaskState::Completed, _) => self.fill(received, received),
            (_, Some(expected)) => self.fill(received, expected.max(received)),
            // Without a value the bar moves by itself: there is progress, but nobody knows how far.
            (TaskState::Running, None) => {
                self.progress.remove_attribute("value").unwrap_or_default()
            }
            (_, None) => self.fill(0, 1),
        }
    }

    fn fill(&self, part: u64, whole: u64) {
        // A bar needs no more precision than a double has; an empty one is full.
        self.progress.set_max(whole.max(1) as f64);
        self.progress
            .set_value(if whole == 0 { 1.0 } else { part as f64 });
    }

    fn show_text(&self, text: &str) {
        self.text.set_hidden(text.is_empty());
        self.text.set_text_content(Some(text));
    }

    fn show_outcome(&self, error: Option<&Error>, response: Option<&Response>) {
        let Some(error) = error else {
            let status = response.map_or(String::new(), |response| response.status().to_string());
            return self
                .state
                .set_text_content(Some(&format!("completed: {status}")));
        };
        let cause = error
            .source()
            .map_or(String::new(), |cause| format!("\n{cause}"));
        self.state
            .set_text_content(Some(&format!("failed: {:?}", error.code())));
        self.progress.set_hidden(true);
        self.show_text(&format!("{error}{cause}"));
    }
}

fn name(state: TaskState) -> &'static str {
    match state {
        TaskState::Running => "running",
        TaskState::Suspended => "suspended",
        TaskState::Canceling => "canceling",
        TaskState::Completed => "completed",
    }
}

/// The task's delegate: keeps its row up to date.
pub(crate) struct Watch {
    row: Rc<Row>,
    shown_at: Cell<f64>,
    is_text: Cell<bool>,
    text: RefCell<Vec<u8>>,
}

impl Watch {
    pub(crate) fn new(row: Rc<Row>) -> Self {
        Self {
            row,
            shown_at: Cell::new(0.0),
            is_text: Cell::default(),
            text: RefCell::default(),
        }
    }

    fn keep_text(&self, data: &[u8]) {
        let mut text = self.text.borrow_mut();
        let room = SHOWN_TEXT.saturating_sub(text.len());
        text.extend_from_slice(&data[..data.len().min(room)]);
    }
}

impl Delegate for Watch {
    fn wants(&self) -> Wants {
        Wants::RESPONSE | Wants::DATA | Wants::COMPLETION
    }

    fn did_receive_response(
        &self,
        task: &Task,
        response: &Response,
    ) -> Answer<ResponseDisposition> {
        let kind = response.mime_type().unwrap_or_default();
        self.is_text
            .set(kind.starts_with("text/") || kind.ends_with("json"));
        self.row.show(task);
        Answer::Now(ResponseDisposition::Allow)
    }

    fn did_receive_data(&self, task: &Task, data: &Bytes) -> Answer<()> {
        if self.is_text.get() {
            self.keep_text(data);
        }
        let now = js_sys::Date::now();
        if now - self.shown_at.get() >= FRAME {
            self.shown_at.set(now);
            self.row.show(task);
            if self.is_text.get() {
                self.row
                    .show_text(&String::from_utf8_lossy(&self.text.borrow()));
            }
        }
        Answer::Now(())
    }

    fn did_complete(&self, task: &Task, error: Option<&Error>) -> Answer<()> {
        self.row.show(task);
        self.row
            .show_text(&String::from_utf8_lossy(&self.text.borrow()));
        self.row.show_outcome(error, task.response().as_ref());
        Answer::Now(())
    }
}
