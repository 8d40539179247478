//! The demo page: a list of live transfers, each to be suspended, resumed and cancelled.
//!
//! Built for wasm32 and given to `wasm-bindgen --target web --out-dir pkg`, it is what `index.html` loads; the folder is then served as it
//! is. `?origin=URL` names the server that the transfers ask; without it, it is the page's own. For any other target the crate is empty.
#![cfg(target_arch = "wasm32")]

mod dom;
mod row;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use urlsession_core::{Configuration, Session, Task};
use urlsession_transport_web::platform;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlInputElement, HtmlTemplateElement};

use crate::dom::{by_id, listen};
use crate::row::{Row, Watch};

/// The page: one session, and a row for each of its tasks.
struct Page {
    session: Session,
    tasks: RefCell<BTreeMap<u64, (Task, Rc<Row>)>>,
    server: HtmlInputElement,
    list: Element,
    template: HtmlTemplateElement,
}

/// Brings the page to life.
///
/// # Errors
/// When `index.html` is not the document: an element is missing.
#[wasm_bindgen]
pub fn start() -> Result<(), JsValue> {
    let configuration = Configuration::default();
    let page = Rc::new(Page {
        session: Session::new(platform(&configuration), configuration),
        tasks: RefCell::default(),
        server: by_id("origin")?,
        list: by_id("transfers")?,
        template: by_id("transfer")?,
    });
    listen(&by_id("start")?, "click", {
        let page = Rc::clone(&page);
        move |event| page.begin(&event)
    })?;
    let list = page.list.clone();
    listen(&list, "click", move |event| page.steer(&event))?;
    dom::document()?
        .document_element()
        .ok_or("no document")?
        .set_attribute("data-ready", "")
}

impl Page {
    /// A button that starts a transfer was clicked: `data-path` says of what.
    fn begin(&self, event: &Event) -> Result<(), JsValue> {
        let Some((_, path)) = dom::clicked(event, "data-path") else {
            return Ok(());
        };
        let url = format!("{}{path}", self.server.value().trim_end_matches('/'));
        let row = Rc::new(Row::new(&self.template, &self.list, &url)?);
        let watch = Watch::new(Rc::clone(&row));
        let task: Task = self.session.data_task_with_delegate(url, watch).into();
        row.belongs_to(&task)?;
        task.resume();
        row.show(&task);
        self.tasks.borrow_mut().insert(task.id(), (task, row));
        Ok(())
    }

    /// A button of a row was clicked.
    fn steer(&self, event: &Event) -> Result<(), JsValue> {
        let Some((button, action)) = dom::clicked(event, "data-action") else {
            return Ok(());
        };
        let id = Row::task_of(&button);
        let found = id.and_then(|id| self.tasks.borrow().get(&id).cloned());
        let Some((task, row)) = found else {
            return Ok(());
        };
        match action.as_str() {
            "suspend" => task.suspend(),
            "resume" => task.resume(),
            _ => task.cancel(),
        }
        row.show(&task);
        Ok(())
    }
}
