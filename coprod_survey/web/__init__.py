"""Two separate Flask apps, one for participants and one for staff, with what they share: headers, assets, languages."""
