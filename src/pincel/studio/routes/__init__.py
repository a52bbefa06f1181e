"""Routes of the API: the studio, pictures, runs, their files, studies."""
