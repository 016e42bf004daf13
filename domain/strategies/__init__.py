"""What raises the minimum of a group for a time: schedules, forecasts, rules of the user's own."""
