//! How long a driver follows a list that a service gives page by page. A service that never says that a page was the last
//! must not keep a run for ever.

use super::call::Call;
use super::error::DriverError;

/// Pages of a list of roles, projects, policies or tasks. No account has as many.
pub const LIST_PAGES_MAX: u32 = 1_000;

/// Pages of what a bucket holds, each deleted before the next is asked for: of 1000 objects each, a hundred million.
pub const CONTENT_PAGES_MAX: u32 = 100_000;

/// Counts the pages of one list.
#[derive(Debug)]
pub struct Pages {
    max: u32,
    seen: u32,
}

impl Pages {
    /// For a list of at most `max` pages.
    pub fn up_to(max: u32) -> Pages {
        Pages { max, seen: 0 }
    }

    /// Counts a page before it is asked for.
    ///
    /// # Errors
    /// The list has more pages than it may have.
    pub fn next(&mut self, call: &Call) -> Result<(), DriverError> {
        if self.seen >= self.max {
            return Err(call.garbled(format_args!("the list has more than {} pages", self.max)));
        }
        self.seen += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Effect;

    #[test]
    fn a_list_ends() {
        let call = Call::new("ram", "ListRoles", Effect::Reads, "roles");
        let mut pages = Pages::up_to(2);
        assert!(pages.next(&call).is_ok() && pages.next(&call).is_ok());
        let error = pages.next(&call).map_err(|e| e.to_string());
        assert!(error.is_err_and(|e| e.contains("more than 2 pages")));
    }
}
