"""What a fitted model says of rows that the user has: fill, score, repair, predict, top up. One file per job."""
