"""How commands are told to people and to shells: which there are, for whom, and what each offers; runs none of them."""
