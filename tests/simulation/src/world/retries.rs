//! Attempts that failed, and the session's stock of retries.

use urlsession_core::ErrorCode;
use urlsession_core::mock::Sight;

use super::{Place, World};
use crate::script::{Choice, DELAY_PARTS, HopPlan, LONGEST_DELAY, Retries, TaskNumber};
use crate::trace::{Callback, Event, Failed};

/// A task's attempts at its hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    /// Which one is under way, from 1.
    pub number: u32,
    /// The app was asked about it.
    pub is_asked: bool,
    /// A retry is out of stock for it, and may be put back.
    pub is_reserved: bool,
    /// A success that may not have been counted yet: how many retries were paid before it.
    owed: Option<u32>,
    /// A retry is put back when the task goes on, or has ended.
    is_late: bool,
    /// Another is to be made after so long.
    told: Option<u64>,
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            number: 1,
            is_asked: false,
            is_reserved: false,
            owed: None,
            is_late: false,
            told: None,
        }
    }
}

/// How many successes' worth of retries the session has in stock, as far as the trace tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stock {
    at_least: u64,
    at_most: u64,
    capacity: u64,
    price: u64,
    paid: u32,
}

impl Stock {
    pub(super) fn of(retries: Option<Retries>) -> Self {
        let (budget, price) = retries.map_or((0, 1), |retries| {
            (
                u64::from(retries.budget),
                u64::from(retries.successes.max(1)),
            )
        });
        Self {
            at_least: budget * price,
            at_most: budget * price,
            capacity: budget * price,
            price,
            paid: 0,
        }
    }

    fn add(stock: &mut u64, successes: u64, capacity: u64) {
        *stock = (*stock + successes).min(capacity);
    }

    fn pay(&mut self) {
        self.paid += 1;
        self.at_least = self.at_least.saturating_sub(self.price);
        self.at_most = self.at_most.saturating_sub(self.price);
    }

    fn put_back(&mut self, is_certain: bool) {
        Self::add(&mut self.at_most, self.price, self.capacity);
        if is_certain {
            Self::add(&mut self.at_least, self.price, self.capacity);
        }
    }
}

/// What the policy makes of a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proposal {
    /// It is made again.
    Retry,
    /// Its outcome is delivered.
    Deliver,
    /// The trace does not tell whether a retry is in stock.
    Unsure,
}

impl World<'_> {
    /// What the server does with the attempt that is under way, or was the last.
    #[must_use]
    pub(crate) fn answer(&self, number: TaskNumber) -> Option<&HopPlan> {
        let hop = self.task(number).hop?;
        let plan = self.plan.tasks[usize::from(number)].hop(usize::from(hop.number));
        Some(plan.attempt(hop.attempt))
    }

    /// Which attempt of the task's sees this, from 0.
    #[must_use]
    pub(crate) fn attempt_at(&self, number: TaskNumber, hop: u8, sight: Sight) -> usize {
        let under_way = self.task(number).hop.filter(|before| before.number == hop);
        under_way.map_or(0, |before| {
            before.attempt + usize::from(sight == Sight::Began)
        })
    }

    /// True when a retry would be, were one in stock.
    #[must_use]
    pub(crate) fn is_out_of_stock(&self) -> bool {
        self.plan.setup.retries.is_some() && self.at_most() < self.stock.price
    }

    /// What may be in stock at the most. A success that the stock had no room for when its head came may be counted after a retry was paid, and nothing tells of
    /// it before the task goes on; nor of a retry that a suspended task puts back.
    fn at_most(&self) -> u64 {
        let stock = self.stock;
        let late = |trial: Trial| {
            let success = u64::from(trial.owed.is_some_and(|paid| paid != stock.paid));
            success + if trial.is_late { stock.price } else { 0 }
        };
        let mut at_most = stock.at_most;
        let successes = self.tasks.iter().map(|task| late(task.trial)).sum();
        Stock::add(&mut at_most, successes, stock.capacity);
        at_most
    }

    /// What the policy makes of the task's attempt, where this came of it.
    #[must_use]
    pub(crate) fn proposal(&self, number: TaskNumber, outcome: Result<u16, ErrorCode>) -> Proposal {
        let task = self.task(number);
        let Some(retries) = self.plan.setup.retries else {
            return Proposal::Deliver;
        };
        let is_last = task.trial.number >= retries.attempts;
        if is_last || task.is_post || !is_listed(outcome) {
            return Proposal::Deliver;
        }
        match self.stock {
            // A job of the executor tells late of what was taken.
            _ if self.has_executor() => Proposal::Unsure,
            stock if self.at_most() < stock.price => Proposal::Deliver,
            stock if stock.at_least >= stock.price => Proposal::Retry,
            _ => Proposal::Unsure,
        }
    }

    /// True when the policy may have the attempt of this number wait so long, in milliseconds.
    #[must_use]
    pub(crate) fn may_wait(&self, number: u32, delay: u64) -> bool {
        self.plan.setup.retries.is_some_and(|retries| {
            let grown = u64::from(retries.multiplier).saturating_pow(number.saturating_sub(1));
            let longest = retries.delay.saturating_mul(grown).min(LONGEST_DELAY);
            let part = longest / DELAY_PARTS;
            (0..DELAY_PARTS).any(|parts| delay == parts * part)
        })
    }

    /// Before the event is applied to the task itself.
    pub(super) fn count_retries(&mut self, index: usize, event: Event) {
        let (task, stock) = (&mut self.tasks[index], &mut self.stock);
        let trial = &mut task.trial;
        match event {
            Event::Server(_, Sight::Head(..400)) if trial.number == 1 => {
                Stock::add(&mut stock.at_most, 1, stock.capacity);
                trial.owed = Some(stock.paid);
            }
            Event::Yielded
            | Event::Server(_, Sight::Chunk(_) | Sight::Ended)
            | Event::Called(
                _,
                Callback::Response(_) | Callback::Redirection | Callback::Data(_),
                _,
            ) => {
                let Some(paid) = trial.owed.take() else {
                    return;
                };
                // It was counted at the head, when the stock may have been full, or only now.
                match paid == stock.paid {
                    true => Stock::add(&mut stock.at_least, 1, stock.capacity),
                    false => Stock::add(&mut stock.at_most, 1, stock.capacity),
                }
            }
            Event::Called(_, Callback::Retry(failed), _) => {
                trial.is_asked = true;
                let is_new = failed.proposed.is_some()
                    && !std::mem::replace(&mut trial.is_reserved, failed.proposed.is_some());
                if is_new {
                    stock.pay();
                }
            }
            Event::Retrying(number, delay) => {
                let was_reserved = std::mem::take(&mut trial.is_reserved);
                if !was_reserved && !trial.is_asked {
                    stock.pay();
                }
                (trial.number, trial.is_asked, trial.told) = (number + 1, false, Some(delay));
                if task.hop.is_none_or(|hop| hop.is_over()) {
                    self.pause(index);
                }
            }
            Event::Ending(_) | Event::Completed(_) | Event::AnswerDropped => {
                if std::mem::take(&mut trial.is_reserved) {
                    stock.put_back(true);
                }
                if std::mem::take(&mut trial.is_late) {
                    stock.put_back(false);
                }
                if trial.owed.take().is_some_and(|paid| paid != stock.paid) {
                    Stock::add(&mut stock.at_most, 1, stock.capacity);
                }
            }
            _ => {}
        }
    }

    /// After it was: a retry that the app does not want is in stock again.
    pub(super) fn put_retry_back(&mut self, index: usize, event: Event) {
        if !matches!(
            event,
            Event::Returned(..) | Event::Answered(_) | Event::AnswerPanicked
        ) {
            return;
        }
        let (task, stock) = (&mut self.tasks[index], &mut self.stock);
        let Some((_, Callback::Retry(Failed { number, .. }), Some(choice))) = task.settled else {
            return;
        };
        let is_delivered = choice == Choice::Refuse || number > 1;
        if is_delivered && std::mem::take(&mut task.trial.is_reserved) {
            match task.runs() {
                true => stock.put_back(true),
                false => task.trial.is_late = true,
            }
        }
    }

    /// An exchange is over: if another attempt is to be made, it waits without a place.
    pub(super) fn pause(&mut self, index: usize) {
        let now = self.now;
        let Some(delay) = self.tasks[index]
            .trial
            .told
            .take()
            .filter(|delay| *delay > 0)
        else {
            return;
        };
        self.freed(index, now);
        let task = &mut self.tasks[index];
        task.place = Place::Away {
            origin: task.origin,
            until: now + delay,
        };
        task.remember_timers(now);
        task.timers.stop_idle();
    }

    /// Whoever has waited long enough asks for a place again.
    pub(super) fn come_back(&mut self) {
        let now = self.now;
        for task in &mut self.tasks {
            match task.place {
                Place::Away { origin, until } if until <= now && task.runs() => {
                    let since = until;
                    task.place = Place::Waiting { origin, since };
                }
                Place::Out
                | Place::Waiting { .. }
                | Place::Parked { .. }
                | Place::Held { .. }
                | Place::Away { .. } => {}
            }
        }
    }
}

/// What the default policy makes again.
fn is_listed(outcome: Result<u16, ErrorCode>) -> bool {
    match outcome {
        Ok(status) => [408, 425, 429, 502, 503, 504].contains(&status),
        Err(code) => matches!(
            code,
            ErrorCode::CannotConnectToHost | ErrorCode::NetworkConnectionLost
        ),
    }
}
