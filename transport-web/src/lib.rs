//! The web transport of urlsession.
