//! What a transfer is for, as far as networks may tell kinds of traffic apart.

use serde::{Deserialize, Serialize};

/// What a session's or request's traffic is for: how routers and radios that look at it should treat it.
///
/// Natively each connection carries one kind, told in every packet by its differentiated services code point (DSCP, RFC 2474); most
/// networks ignore it, some rewrite it. Where [`Capabilities::service_type`](crate::Capabilities::service_type) is false it has
/// no effect.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[non_exhaustive]
pub enum NetworkServiceType {
    /// Ordinary traffic: DF, code point 0 (RFC 2474 section 4.1).
    #[default]
    Default,
    /// What gives way to everything else: LE, code point 1 (RFC 8622).
    Background,
    /// Video of a conversation: AF41, code point 34 (RFC 4594 section 4.3).
    Video,
    /// Voice of a conversation: EF, code point 46 (RFC 4594 section 4.1).
    Voice,
    /// Data that somebody waits for: AF21, code point 18 (RFC 4594 section 4.7).
    ResponsiveData,
    /// Audio or video that is played as it comes: AF31, code point 26 (RFC 4594 section 4.5).
    AvStreaming,
    /// Audio or video that somebody reacts to: CS4, code point 32 (RFC 4594 section 4.4).
    ResponsiveAv,
    /// The setting up of calls: CS5, code point 40 (RFC 4594 section 4.2).
    CallSignaling,
}

impl NetworkServiceType {
    /// The differentiated services code point, 0 to 63.
    #[must_use]
    pub const fn dscp(self) -> u8 {
        match self {
            Self::Default => 0,
            Self::Background => 1,
            Self::Video => 34,
            Self::Voice => 46,
            Self::ResponsiveData => 18,
            Self::AvStreaming => 26,
            Self::ResponsiveAv => 32,
            Self::CallSignaling => 40,
        }
    }
}
