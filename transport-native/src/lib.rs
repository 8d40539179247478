//! The native transport of urlsession.
