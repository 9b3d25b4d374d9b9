//! The audit ledger, against transparency tools of others, against everybody who lies, and against chance.

mod attacks;
mod decoders;
mod interop;
mod life;
mod mutations;
mod support;
