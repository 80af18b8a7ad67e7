"""The participant face: one survey, one page, no session, no cookie. It holds public keys only."""
