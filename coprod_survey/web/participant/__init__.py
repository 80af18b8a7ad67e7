"""The participant face: one survey, one page, no session, no cookie that means anything. It holds public keys only."""
