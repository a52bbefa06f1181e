"""The API, a file for each part: what the studio is, pictures, runs, what runs made, studies."""
