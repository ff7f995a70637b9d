"""The connector for pretix: against recorded answers, and against pretix itself."""
