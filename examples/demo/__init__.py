"""Three pages that bind the same form in three ways, and show the code that makes them."""
