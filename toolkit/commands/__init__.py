"""The commands that run without anybody watching: a spreadsheet goes in, a number says how it ended."""
