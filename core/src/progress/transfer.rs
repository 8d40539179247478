//! What a task's bytes are as units of work.

/// The bytes of a task's current hop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transfer {
    /// The length of the request's body, where known.
    pub(crate) to_send: Option<u64>,
    pub(crate) sent: u64,
    /// The length of the answer's body, where known.
    pub(crate) to_receive: Option<u64>,
    pub(crate) received: u64,
}

/// Units done and in all, -1 where nobody knows. Done never exceeds all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) completed: i64,
    pub(super) total: i64,
}

impl Transfer {
    /// A byte is a unit. Of an upload, an answer of unknown length counts as one byte: the upload can be shown all the same.
    pub(super) fn counts(self) -> Counts {
        let Self { sent, received, .. } = self;
        match (self.to_send, self.to_receive) {
            (Some(to_send), Some(to_receive)) => Counts {
                completed: units(sent.min(to_send).saturating_add(received.min(to_receive))),
                total: units(to_send.saturating_add(to_receive)),
            },
            (Some(to_send), None) if to_send > 0 => Counts {
                completed: units(sent.min(to_send)),
                total: units(to_send.saturating_add(1)),
            },
            (Some(_), None) | (None, _) => Counts {
                completed: units(sent.saturating_add(received)),
                total: -1,
            },
        }
    }
}

impl Counts {
    /// All is done; what was unknown, or nothing, is what was done, at least one unit.
    pub(super) fn finished(self) -> Self {
        let all = if self.total > 0 {
            self.total
        } else {
            self.completed.max(1)
        };
        Self {
            completed: all,
            total: all,
        }
    }
}

fn units(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::test;

    fn counts(
        to_send: Option<u64>,
        sent: u64,
        to_receive: Option<u64>,
        received: u64,
    ) -> (i64, i64) {
        let transfer = Transfer {
            to_send,
            sent,
            to_receive,
            received,
        };
        let Counts { completed, total } = transfer.counts();
        (completed, total)
    }

    #[test]
    fn both_ways_add_up() {
        assert_eq!(counts(Some(0), 0, Some(10), 4), (4, 10));
        assert_eq!(counts(Some(5), 5, Some(10), 4), (9, 15));
    }

    #[test]
    fn unknown_is_minus_one() {
        assert_eq!(counts(Some(0), 0, None, 4), (4, -1));
        assert_eq!(counts(None, 3, None, 0), (3, -1));
        assert_eq!(counts(None, 3, Some(10), 4), (7, -1));
    }

    #[test]
    fn an_upload_is_determinate_before_its_answer() {
        assert_eq!(counts(Some(5), 3, None, 0), (3, 6));
        assert_eq!(counts(Some(5), 5, None, 70), (5, 6));
    }

    #[test]
    fn more_than_was_promised_counts_as_all() {
        assert_eq!(counts(Some(5), 9, Some(10), 99), (15, 15));
        let huge = Some(u64::MAX);
        assert_eq!(counts(huge, u64::MAX, huge, u64::MAX), (i64::MAX, i64::MAX));
    }

    #[test]
    fn the_end_is_all() {
        let finished = |completed, total| {
            let Counts { completed, total } = Counts { completed, total }.finished();
            (completed, total)
        };
        assert_eq!(finished(4, 10), (10, 10));
        assert_eq!(finished(4, -1), (4, 4));
        assert_eq!(finished(0, 0), (1, 1));
        assert_eq!(finished(0, -1), (1, 1));
    }
}
