//! One file for each instruction, or for those that share what they do.

mod accept_authority;
mod appeal;
mod cancel_root;
mod claim;
mod close_operation;
mod deposit;
mod finalize_burn;
mod fund_rewards;
mod initialize;
mod open_case;
mod pause;
mod pay_out;
mod propose_authority;
mod publish_root;
mod request_unstake;
mod resolve;
mod stake;
mod withdraw;

pub use accept_authority::accept_authority;
pub use appeal::appeal;
pub use cancel_root::cancel_root;
pub use claim::claim;
pub use close_operation::close_operation;
pub use deposit::deposit;
pub use finalize_burn::finalize_burn;
pub use fund_rewards::fund_rewards;
pub use initialize::initialize;
pub use open_case::open_case;
pub use pause::pause;
pub use pay_out::pay_out;
pub use propose_authority::propose_authority;
pub use publish_root::publish_root;
pub use request_unstake::request_unstake;
pub use resolve::resolve;
pub use stake::stake;
pub use withdraw::withdraw;
