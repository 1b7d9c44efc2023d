"""Rules of moderation: functions over an ad's texts and fields, without a database."""
