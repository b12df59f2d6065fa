//! Accounts, arguments and events are read and written in place, as `generated.rs` lays them out.

use crate::{
    checks::{ensure, owned_by},
    generated::Error,
};
use core::{mem::size_of, slice};
use pinocchio::{
    account::{Ref, RefMut},
    error::ProgramError,
    syscalls, AccountView, Address,
};

macro_rules! little_endian {
    ($name:ident, $number:ty) => {
        /// A number without alignment.
        #[derive(Clone, Copy)]
        #[repr(transparent)]
        pub struct $name([u8; size_of::<$number>()]);

        impl $name {
            pub const fn new(value: $number) -> Self {
                Self(value.to_le_bytes())
            }

            pub const fn get(&self) -> $number {
                <$number>::from_le_bytes(self.0)
            }

            pub fn set(&mut self, value: $number) {
                self.0 = value.to_le_bytes();
            }
        }
    };
}

macro_rules! countable {
    ($name:ident, $number:ty) => {
        impl $name {
            pub fn add(&mut self, value: $number) -> Result<(), ProgramError> {
                self.set(self.get().checked_add(value).ok_or(Error::Overflow)?);
                Ok(())
            }

            pub fn sub(&mut self, value: $number) -> Result<(), ProgramError> {
                self.set(self.get().checked_sub(value).ok_or(Error::Overflow)?);
                Ok(())
            }
        }
    };
}

little_endian!(U32, u32);
little_endian!(U64, u64);
little_endian!(I64, i64);
countable!(U32, u32);
countable!(U64, u64);

/// An account of the program, its discriminator first.
///
/// # Safety
/// The type has alignment 1 and allows all bytes.
pub unsafe trait Layout: Sized {
    const DISCRIMINATOR: [u8; 8];
}

/// The arguments of an instruction behind its discriminator.
///
/// # Safety
/// The type has alignment 1 and allows all bytes.
pub unsafe trait Args: Sized {}

// SAFETY: bytes, and a number without alignment.
unsafe impl Args for [u8; 32] {}
unsafe impl Args for U64 {}

/// What `sol_log_data` tells about a change of state, behind its discriminator.
///
/// # Safety
/// The type has alignment 1, so there is no padding in it.
pub unsafe trait Event: Sized {
    const DISCRIMINATOR: [u8; 8];
}

/// Reads an account after checking that it is one of ours, and of this kind.
pub fn load<'a, T: Layout>(
    account: &'a AccountView,
    program_id: &Address,
) -> Result<Ref<'a, T>, ProgramError> {
    check_owner(account, program_id)?;
    let data = account.try_borrow()?;
    check_kind::<T>(&data)?;
    // SAFETY: the length was checked, and `Layout` promises the rest.
    Ok(Ref::map(data, |data| unsafe { &*data.as_ptr().cast() }))
}

/// Like `load`, to change the account.
pub fn load_mut<'a, T: Layout>(
    account: &'a mut AccountView,
    program_id: &Address,
) -> Result<RefMut<'a, T>, ProgramError> {
    check_owner(account, program_id)?;
    let data = account.try_borrow_mut()?;
    check_kind::<T>(&data)?;
    // SAFETY: the length was checked, and `Layout` promises the rest.
    Ok(RefMut::map(data, |data| unsafe {
        &mut *data.as_mut_ptr().cast()
    }))
}

/// Names the kind of an account that was just created, all zeros, and gives it out to be filled.
pub fn begin<'a, T: Layout>(
    account: &'a mut AccountView,
    program_id: &Address,
) -> Result<RefMut<'a, T>, ProgramError> {
    if let Some(head) = account.try_borrow_mut()?.first_chunk_mut() {
        *head = T::DISCRIMINATOR;
    }
    load_mut(account, program_id)
}

fn check_owner(account: &AccountView, program_id: &Address) -> Result<(), ProgramError> {
    ensure(owned_by(account, program_id), Error::WrongOwner)
}

fn check_kind<T: Layout>(data: &[u8]) -> Result<(), ProgramError> {
    let kind = data.first_chunk().map(|bytes| u64::from_ne_bytes(*bytes));
    let is_kind = kind == Some(u64::from_ne_bytes(T::DISCRIMINATOR));
    ensure(is_kind && data.len() == size_of::<T>(), Error::WrongAccount)
}

/// The arguments, which have to fill the data.
pub fn args<T: Args>(data: &[u8]) -> Result<&T, ProgramError> {
    match split::<T>(data)? {
        (args, []) => Ok(args),
        _ => Err(Error::BadData.into()),
    }
}

/// The arguments and the vector behind them, which have to fill the data.
pub fn args_and_items<T: Args, I: Args>(data: &[u8]) -> Result<(&T, &[I]), ProgramError> {
    let (args, rest) = split::<T>(data)?;
    let (count, items) = rest.split_first_chunk().ok_or(Error::BadData)?;
    let count = u32::from_le_bytes(*count) as usize;
    if count.checked_mul(size_of::<I>()) != Some(items.len()) {
        return Err(Error::BadData.into());
    }
    // SAFETY: there are `count` items, and `Args` promises the rest.
    Ok((args, unsafe {
        slice::from_raw_parts(items.as_ptr().cast(), count)
    }))
}

/// No arguments.
pub fn no_args(data: &[u8]) -> Result<(), ProgramError> {
    if !data.is_empty() {
        return Err(Error::BadData.into());
    }
    Ok(())
}

fn split<T: Args>(data: &[u8]) -> Result<(&T, &[u8]), ProgramError> {
    let (head, rest) = data
        .split_at_checked(size_of::<T>())
        .ok_or(Error::BadData)?;
    // SAFETY: the length was checked, and `Args` promises the rest.
    Ok((unsafe { &*head.as_ptr().cast() }, rest))
}

/// A byte that says yes or no.
pub fn flag(byte: u8) -> Result<bool, ProgramError> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::BadData.into()),
    }
}

/// Tells whoever watches the chain; the ledger is kept from these.
pub fn emit<T: Event>(event: T) {
    #[repr(C)]
    struct Wire<T> {
        discriminator: [u8; 8],
        event: T,
    }
    let wire = Wire {
        discriminator: T::DISCRIMINATOR,
        event,
    };
    // SAFETY: there is no padding in `Wire`, and it outlives the bytes.
    let bytes =
        unsafe { slice::from_raw_parts((&raw const wire).cast::<u8>(), size_of_val(&wire)) };
    let fields: [&[u8]; 1] = [bytes];
    // SAFETY: the runtime reads one slice.
    unsafe { syscalls::sol_log_data(fields.as_ptr().cast(), fields.len() as u64) };
}
