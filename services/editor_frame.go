package services

// FrameSource is where pages that are open in the editor come from, as a content security policy names it.
func (p *Pages) FrameSource() string {
	if p.cfg.PreviewURL == "" {
		return "'self'"
	}
	return p.cfg.PreviewURL
}
