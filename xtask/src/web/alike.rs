//! Which functions are alike: an order in which each comes after one that has much in common with it.

use std::collections::BTreeMap;

/// A function: the number of its type, and its code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function<'m> {
    pub(super) kind: usize,
    pub(super) code: &'m [u8],
}

/// What is in more functions than so says nothing of one.
const COMMON: usize = 400;
/// A function is compared with so many before its place, with each half as much, a third as much, and so on.
const BEFORE: usize = 6;
/// Short functions have little, and share all of it with many.
const SHORT: usize = 10;

/// The places of the functions in an order in which those that are alike are near each other: from place to place the one that has, for its length, most
/// in common with the last ones.
pub(super) fn order(functions: &[Function<'_>]) -> Vec<usize> {
    let pieces: Vec<_> = functions.iter().map(|it| pieces(it.code)).collect();
    let mut holders: BTreeMap<Piece, Vec<usize>> = BTreeMap::new();
    for (at, pieces) in pieces.iter().enumerate() {
        for piece in pieces {
            holders.entry(*piece).or_default().push(at);
        }
    }
    holders.retain(|_, holders| (2..=COMMON).contains(&holders.len()));
    let mut left: Vec<usize> = (0..functions.len()).collect();
    left.sort_by_key(|&at| std::cmp::Reverse((functions[at].code.len(), functions[at].code)));
    let mut is_placed = vec![false; functions.len()];
    let mut order: Vec<usize> = Vec::with_capacity(functions.len());
    // What each of the last ones has in common with which others.
    let mut common: Vec<Vec<(usize, u64)>> = Vec::new();
    while order.len() < functions.len() {
        let nearest = nearest(functions, &pieces, &common, order.last().copied());
        let next = nearest.or_else(|| {
            while left.last().is_some_and(|&at| is_placed[at]) {
                left.pop();
            }
            left.last().copied()
        });
        let Some(next) = next else { break };
        is_placed[next] = true;
        order.push(next);
        common.truncate(BEFORE - 1);
        common.insert(0, shared(&pieces[next], &holders));
        for shared in &mut common {
            shared.retain(|(at, _)| !is_placed[*at]);
        }
    }
    order
}

/// Four bytes of code.
type Piece = [u8; 4];

/// Those that a function has, each once.
fn pieces(code: &[u8]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = (code.windows(4).filter_map(|it| it.try_into().ok())).collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// The functions that have some of these pieces, and how much: a piece counts for less the more have it.
fn shared(pieces: &[Piece], holders: &BTreeMap<Piece, Vec<usize>>) -> Vec<(usize, u64)> {
    let mut all: BTreeMap<usize, u64> = BTreeMap::new();
    for holders in pieces.iter().filter_map(|piece| holders.get(piece)) {
        let weight = 5040 / u64::from(1 + holders.len().ilog2());
        for at in holders {
            *all.entry(*at).or_default() += weight;
        }
    }
    all.into_iter().collect()
}

/// The function that has most in common with the last ones; those of the last one's type are liked better.
fn nearest(
    functions: &[Function<'_>],
    pieces: &[Vec<Piece>],
    common: &[Vec<(usize, u64)>],
    last: Option<usize>,
) -> Option<usize> {
    let mut scores: BTreeMap<usize, u64> = BTreeMap::new();
    for (shared, part) in common.iter().zip(1_u64..) {
        for (at, weight) in shared {
            *scores.entry(*at).or_default() += weight / part;
        }
    }
    let kind = last.map(|last| functions[last].kind);
    let scores = scores.into_iter().map(|(at, score)| {
        let liking = if Some(functions[at].kind) == kind {
            3
        } else {
            2
        };
        (
            at,
            score * liking * 1000 / (pieces[at].len() + SHORT) as u64,
        )
    });
    let best = scores.max_by_key(|&(at, score)| (score, std::cmp::Reverse(at)))?;
    Some(best.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(codes: &[&[u8]]) -> Vec<usize> {
        let functions: Vec<_> = (codes.iter())
            .map(|code| Function { kind: 0, code })
            .collect();
        order(&functions)
    }

    #[test]
    fn each_comes_after_one_that_is_alike() {
        let codes: [&[u8]; 5] = [
            b"one and the same beginning, then this",
            b"something else altogether, longer than all",
            b"one and the same beginning, and that",
            b"something else altogether, as long",
            b"one and the same",
        ];
        assert_eq!(ordered(&codes), [4, 2, 0, 1, 3]);
    }

    #[test]
    fn every_function_has_a_place() {
        let codes: [&[u8]; 5] = [b"", b"a", b"abc", b"", b"abcd"];
        let mut order = ordered(&codes);
        order.sort_unstable();
        assert_eq!(order, [0, 1, 2, 3, 4]);
        assert!(ordered(&[]).is_empty());
    }

    #[test]
    fn of_two_as_much_alike_the_one_of_the_same_type_comes_first() {
        let of = |kind, code| Function { kind, code };
        let functions = [
            of(1, &b"abcdef"[..]),
            of(2, b"abcdefgh"),
            of(1, b"abcdefgi"),
        ];
        assert_eq!(order(&functions), [0, 2, 1]);
    }
}
