"""The queue service on real storage: group commit, lost replies, effects, transfers, the end of the day."""
