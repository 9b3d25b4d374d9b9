//! Questions in words: a query language for people and for programs. `[TEXT-8]`
