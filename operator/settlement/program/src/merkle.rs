//! The tree of the wallets' totals. Leaves and nodes are hashed with different first bytes, so that
//! no node can be taken for a leaf. A last node without a neighbour is paired with itself.

use crate::{
    generated::MAX_DEPTH,
    hash::{sha256, Hash},
};
use pinocchio::Address;

/// A wallet's total. It names what it is for, and counts for no other program, distributor or mint.
pub struct Leaf<'a> {
    pub program_id: &'a Address,
    pub distributor: &'a Address,
    pub mint: &'a Address,
    pub wallet: &'a Address,
    pub total: u64,
    pub index: u32,
}

impl Leaf<'_> {
    pub fn hash(&self) -> Hash {
        sha256(&[
            &[0],
            self.program_id.as_ref(),
            self.distributor.as_ref(),
            self.mint.as_ref(),
            self.wallet.as_ref(),
            &self.total.to_le_bytes(),
            &u64::from(self.index).to_le_bytes(),
        ])
    }
}

/// The root that the proof leads to; bit i of the index says on which side of level i the leaf lies.
pub fn root(leaf: Hash, index: u32, proof: &[Hash]) -> Hash {
    let mut node = leaf;
    let mut side = index;
    for sibling in proof {
        node = if side & 1 == 0 {
            sha256(&[&[1], &node, sibling])
        } else {
            sha256(&[&[1], sibling, &node])
        };
        side >>= 1;
    }
    node
}

/// Whether a tree of so many leaves has this depth, and no other.
pub fn is_depth_of(depth: u8, leaf_count: u32) -> bool {
    let Some(last) = leaf_count.checked_sub(1) else {
        return false;
    };
    depth <= MAX_DEPTH && u32::from(depth) == u32::BITS.saturating_sub(last.leading_zeros())
}
