//! Enrolment, epochs, proxies and revocation, through the program alone.

mod folders;
mod refused;
mod restore;
mod sealing;
mod shapes;
mod story;
mod ward;
