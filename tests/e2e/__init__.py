"""The real path from the browser's requests to Ray and back to what it cost."""
