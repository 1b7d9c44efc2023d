"""The chassis numbers of listings: written with the rows of files, and compared to find one car offered twice."""
