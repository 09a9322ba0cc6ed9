package audit

// Linking returns the configuration with which programs are linked, and left in
// folder/0 so that a test can run them too.
func (c Config) Linking(folder string) Config {
	c.Precise, c.linkInto = true, folder
	return c
}
