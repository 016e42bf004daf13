"""The pages of docs/, served by the console itself, and which of them explains which page."""
