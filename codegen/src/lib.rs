//! Reads API specifications and writes the elkit client. Text in, files out: no I/O, clock or network.

pub mod diagnostic;
pub mod import;
pub mod spec;
