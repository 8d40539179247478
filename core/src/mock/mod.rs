//! A transport for unit tests: scripted responses, a virtual clock, a deterministic executor.
