"""What people record of the rest: reviews and approvals that expire, formal runs and their archive."""
