//! The one integration-test binary. It mirrors `src/`; what several areas need is in `support`.

mod llm;
mod support;
mod tools;
