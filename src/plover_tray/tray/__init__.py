"""The tray, proved: starts an app for real and says whether its icon has a place people can see."""
