"""What a survey is: questions, answers, routing and the words for what can go wrong; pure, no I/O and no clock."""
