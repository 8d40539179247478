//! The parts of a progress, behind a pointer to their code: a program in which no work has parts has none of it linked.

use std::sync::Arc;

use crate::progress::fraction::Fraction;
use crate::progress::node::Node;
use crate::progress::state::ProgressState;
use crate::words::bounds::MaybeSend;

/// What a node's parts are to it. Children are looked at, and locked, with the parent's lock held, never the other way.
pub(super) trait Parts: MaybeSend {
    /// Takes a child in; gives its key.
    fn adopt(&mut self, node: Arc<Node>, portion: i64) -> usize;

    /// Sees how a child stands: what is finished counts as the parent's own, and no more once it is not.
    fn look_at(&mut self, key: usize, node: &Arc<Node>, completed: &mut i64);

    /// The share of the work that is done, of which the parent counts `own`.
    fn fraction(&self, own: Fraction) -> Fraction;

    /// Units that were done by those who count, where the parent counts so many.
    fn units(&self, completed: i64) -> f64;

    /// No part goes on.
    fn are_over(&self) -> bool;

    /// There are parts under way, and every unit is done, or some part's.
    fn are_all(&self, own: Fraction) -> bool;

    /// The parts that are under way.
    fn nodes(&self) -> Vec<Arc<Node>>;
}

/// A part of the work that is under way.
struct Child {
    node: Arc<Node>,
    /// How many of the parent's units it is.
    portion: i64,
    is_over: bool,
}

/// A part of the work that is done: its portion counts as the parent's own.
struct Credit {
    portion: i64,
    units: f64,
}

/// A part of the work.
enum Part {
    Child(Child),
    Credit(Credit),
}

/// All of them.
#[derive(Default)]
pub(super) struct List {
    /// In the order of their coming; a part's key is its place.
    parts: Vec<Part>,
    /// All parts before this place are done.
    first: usize,
}

impl List {
    fn children(&self) -> impl Iterator<Item = &Child> {
        let parts = self.parts.iter().skip(self.first);
        parts.filter_map(|part| match part {
            Part::Child(child) => Some(child),
            Part::Credit(_) => None,
        })
    }
}

impl Parts for List {
    fn adopt(&mut self, node: Arc<Node>, portion: i64) -> usize {
        self.parts.push(Part::Child(Child {
            node,
            portion,
            is_over: false,
        }));
        self.parts.len() - 1
    }

    fn look_at(&mut self, key: usize, node: &Arc<Node>, completed: &mut i64) {
        let child = node.lock();
        let state = child.state();
        let is_finished = state == ProgressState::Finished;
        let Some(part) = self.parts.get_mut(key) else {
            return;
        };
        match part {
            Part::Child(Child { portion, .. }) if is_finished => {
                let (portion, units) = (*portion, child.units());
                *part = Part::Credit(Credit { portion, units });
                *completed = completed.saturating_add(portion);
                while let Some(Part::Credit(_)) = self.parts.get(self.first) {
                    self.first += 1;
                }
            }
            Part::Child(child) => child.is_over = state.is_over(),
            Part::Credit(Credit { portion, .. }) if !is_finished => {
                let portion = *portion;
                *part = Part::Child(Child {
                    node: node.clone(),
                    portion,
                    is_over: state.is_over(),
                });
                *completed = completed.saturating_sub(portion);
                self.first = self.first.min(key);
            }
            Part::Credit(_) => {}
        }
    }

    fn fraction(&self, own: Fraction) -> Fraction {
        let children = self.children().map(|child| {
            let fraction = child.node.lock().fraction();
            (fraction, Fraction::new(child.portion, own.total))
        });
        children
            .filter(|(fraction, _)| !fraction.is_indeterminate() && fraction.completed > 0)
            .fold(own, |sum, (fraction, portion)| sum + fraction * portion)
    }

    fn units(&self, completed: i64) -> f64 {
        let credited = self.parts.iter().filter_map(|part| match part {
            Part::Credit(credit) => Some(credit),
            Part::Child(_) => None,
        });
        let credited = credited.fold((0_i128, 0.0), |(portions, units), credit| {
            (portions + i128::from(credit.portion), units + credit.units)
        });
        let own = (i128::from(completed) - credited.0).max(0) as f64;
        let children: f64 = self.children().map(|child| child.node.lock().units()).sum();
        own + credited.1 + children
    }

    fn are_over(&self) -> bool {
        self.children().all(|child| child.is_over)
    }

    fn are_all(&self, own: Fraction) -> bool {
        let pending = self.children().map(|child| i128::from(child.portion));
        self.children().next().is_some()
            && own.total > 0
            && i128::from(own.completed) + pending.sum::<i128>() >= own.total.into()
    }

    fn nodes(&self) -> Vec<Arc<Node>> {
        self.children().map(|child| child.node.clone()).collect()
    }
}
